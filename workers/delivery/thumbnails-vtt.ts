/** The thumbnail track: WebVTT whose cues name a rectangle of a sprite by a media fragment, `sprite-0.jpg#xywh=160,90,160,90`. */
import type { Pictures } from '../../protocol/tasks.ts'

/** Tile `i` is shown from `i·intervalMs` to the next tile, the last one to the end. Tiles behind the end are left out. */
export function printThumbnails(pictures: Pictures, durationMs: number): string {
  const { tileWidth, tileHeight, columns, rows, count, intervalMs } = pictures
  const perSprite = columns * rows
  const shown = durationMs > 0 && intervalMs > 0 ? Math.min(count, Math.ceil(durationMs / intervalMs)) : 0
  const cues: string[] = []
  for (let tile = 0; tile < shown && perSprite > 0; tile += 1) {
    const place = tile % perSprite
    const [x, y] = [(place % columns) * tileWidth, Math.floor(place / columns) * tileHeight]
    const endMs = tile === shown - 1 ? durationMs : (tile + 1) * intervalMs
    const image = `sprite-${Math.floor(tile / perSprite)}.jpg#xywh=${x},${y},${tileWidth},${tileHeight}`
    cues.push(`${timestamp(tile * intervalMs)} --> ${timestamp(endMs)}\n${image}\n`)
  }
  return ['WEBVTT\n', ...cues].join('\n')
}

/** `hh:mm:ss.ttt`: two digits of hours or more. */
function timestamp(unroundedMs: number): string {
  const totalMs = Math.round(unroundedMs)
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0')
  const seconds = two((totalMs / 1000) % 60)
  return `${two(totalMs / 3_600_000)}:${two((totalMs / 60_000) % 60)}:${seconds}.${String(totalMs % 1000).padStart(3, '0')}`
}
