const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB']

/** Bytes in decimal units with `digits` significant digits, as Docker shows them: `32.77kB`. */
export function humanSize(bytes: number, digits = 4): string {
  let size = Math.abs(bytes)
  let unit = 0
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000
    unit++
  }
  return `${bytes < 0 ? '-' : ''}${Number(size.toPrecision(digits))}${units[unit]}`
}
