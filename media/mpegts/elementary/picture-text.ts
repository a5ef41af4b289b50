/** How a picture reads in words. */

const CHROMA = ['4:0:0', '4:2:0', '4:2:2', '4:4:4']

interface Picture {
  width: number
  height: number
  /** chroma_format_idc. */
  chromaFormat: number
  bitDepthLuma: number
}

/** `H.264 High, level 4.0, 1920x1080, 4:2:0, 8 bit`, and whether it may be interlaced. */
export function pictureText(head: string, { width, height, chromaFormat, bitDepthLuma }: Picture, interlaced: boolean): string {
  const parts = [head, `${width}x${height}`, CHROMA[chromaFormat] ?? '4:2:0', `${bitDepthLuma} bit`]
  return [...parts, ...(interlaced ? ['may be interlaced'] : [])].join(', ')
}
