/** The polynomial of CRC-32 (RFC 1952, section 8), bits reversed. */
const POLYNOMIAL = 0xedb88320
/** The polynomial 1: coefficients begin at the highest bit. */
const ONE = 0x80000000

/** The product of two polynomials over GF(2), modulo {@link POLYNOMIAL}. */
function multiply(a: number, b: number): number {
  let product = 0
  let shifted = b
  for (let bit = ONE; bit !== 0; bit >>>= 1) {
    if (a & bit) product ^= shifted
    shifted = shifted & 1 ? (shifted >>> 1) ^ POLYNOMIAL : shifted >>> 1
  }
  return product >>> 0
}

/** x to the power of 8 * 2^k: what a further 2^k bytes multiply a checksum with. */
const powers: number[] = [ONE >>> 8]
for (let k = 1; k < 53; k++) powers.push(multiply(powers[k - 1]!, powers[k - 1]!))

/** The CRC-32 of two stretches of bytes put together, of which the second has `length` bytes. */
export function combineCrc32(first: number, second: number, length: number): number {
  let crc = first
  for (let left = length, k = 0; left > 0; left = Math.floor(left / 2), k++) {
    if (left % 2 === 1) crc = multiply(powers[k]!, crc)
  }
  return (crc ^ second) >>> 0
}
