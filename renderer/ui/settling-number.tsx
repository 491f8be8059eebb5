import classes from './settling-number.module.css'

const format = new Intl.NumberFormat('en-US')

/** A figure that settles with a short fade when it changes. */
export const SettlingNumber = ({ value }: { readonly value: number }) => (
  <span key={value} className={classes.number}>
    {format.format(value)}
  </span>
)
