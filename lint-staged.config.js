// Checks only, changes nothing: what is committed is what was written.
export default {
  '*.{ts,tsx,js,mjs,cjs}': ['eslint --no-warn-ignored', 'prettier --check'],
  '*.{json,md,yml,yaml,css,html}': 'prettier --check',
}
