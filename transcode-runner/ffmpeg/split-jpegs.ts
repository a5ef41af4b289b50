/**
 * Takes apart JPEG pictures that follow each other on a pipe (ITU-T T.81). Inside the coded data FFmpeg's encoder never
 * writes FF D9 (a byte FF is followed by 00), and its headers hold none.
 */

/** The pictures, each from its start to its end marker; views into `bytes`. */
export function splitJpegs(bytes: Buffer): Buffer[] {
  const pictures: Buffer[] = []
  for (let start = 0; start < bytes.length;) {
    const end = bytes.indexOf('ffd9', start, 'hex')
    if (end === -1) break
    pictures.push(bytes.subarray(start, end + 2))
    start = end + 2
  }
  return pictures
}
