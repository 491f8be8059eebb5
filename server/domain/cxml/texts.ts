/** What a document can hold as text. Checked when it is saved, and once more before a document leaves. */

/** Characters that XML 1.0 cannot carry at all, escaped or not: control characters and halves of a surrogate pair. */
const unprintable = /[\p{Cs}\ufffe\uffff]|[^\P{Cc}\t\n\r]/u
/** A reader of XML takes these for blanks where they stand in an attribute. */
const broken = /[\t\n\r]/

export const isPrintable = (text: string): boolean => !unprintable.test(text)

/** Arrives as it was written, also in an attribute. */
export const isOneLine = (text: string): boolean => isPrintable(text) && !broken.test(text)

export const isFilled = (text: string | undefined): boolean => text !== undefined && text.trim() !== ''

/** A tag of a language such as `en-US`. */
export const isLanguageTag = (text: string): boolean => /^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/.test(text)
