/** Figures as a trader reads them. */
const format = (options: Intl.NumberFormatOptions) => {
  const { format } = new Intl.NumberFormat('en-US', options)
  return (value: number) => format(value)
}

export const price = format({ minimumFractionDigits: 2, maximumFractionDigits: 2 })
export const money = format({ style: 'currency', currency: 'USD', maximumFractionDigits: 0 })
export const count = format({})
const percent = format({ minimumFractionDigits: 2, maximumFractionDigits: 2, signDisplay: 'exceptZero' })
export const move = (value: number) => `${percent(value)} %`
/** For colours, which are never the only sign. */
export const trend = (value: number) => (value > 0 ? 'up' : value < 0 ? 'down' : 'even')
