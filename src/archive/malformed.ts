/** What is wrong with an archive, thrown by the parsers of its parts; the scanner adds where and makes it an `invalid_argument`. */
export class Malformed extends Error {
  override readonly name = 'Malformed'
}
