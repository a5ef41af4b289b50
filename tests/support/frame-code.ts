/**
 * A frame number that machines read off the picture: 16 blocks of black and white across the top, the lowest bit at the
 * left. Burnt in by FFmpeg, read from a canvas in the page.
 */
const BITS = 16

/** An FFmpeg filter that burns in the number of each frame that passes it; `start` is added to the number. */
export function frameCodeFilter(start = 0): string {
  const block = (bit: number): string => {
    const at = `x=iw*${bit}/${BITS}:y=0:w=iw/${BITS}:h=ih/8`
    return `drawbox=${at}:color=white:t=fill:enable='mod(floor((n+${start})/${2 ** bit}),2)'`
  }
  return ['drawbox=x=0:y=0:w=iw:h=ih/8:color=black:t=fill', ...Array.from({ length: BITS }, (_, bit) => block(bit))].join(',')
}

/**
 * JavaScript source of a function `(video) => number | null` for the page: the number on the frame that the element shows
 * now; null when there is no readable code (no frame yet, or one decoded wrongly).
 */
export const READ_FRAME_CODE = `(video) => {
  const width = video.videoWidth
  const height = Math.floor(video.videoHeight / 8)
  if (!width || !height) return null
  const canvas = new OffscreenCanvas(width, height)
  const context = canvas.getContext('2d', { willReadFrequently: true })
  context.drawImage(video, 0, 0, width, height, 0, 0, width, height)
  const { data } = context.getImageData(0, 0, width, height)
  let number = 0
  for (let bit = 0; bit < ${BITS}; bit += 1) {
    const x = Math.floor(((bit + 0.5) * width) / ${BITS})
    const luma = data[(Math.floor(height / 2) * width + x) * 4 + 1]
    if (luma > 80 && luma < 176) return null
    if (luma >= 176) number += 2 ** bit
  }
  return number
}`
