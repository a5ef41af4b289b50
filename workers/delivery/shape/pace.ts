/** A body at the pace of a link: in small pieces, each when the link has room for it. */
import type { Link } from './link.ts'

/** The same bytes, slower. Whoever leaves early leaves the link to the others. */
export function paced(body: ReadableStream<Uint8Array>, link: Link): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  const sender = link.join()
  let held: Uint8Array = new Uint8Array()
  let left = false
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        while (held.length === 0) {
          const { done, value } = await reader.read()
          if (done) return controller.close()
          held = value
        }
        const piece = held.subarray(0, link.pieceBytes(Date.now()))
        for (;;) {
          const waitMs = link.take(sender, piece.length, Date.now())
          if (waitMs === 0) break
          await sleep(waitMs)
          if (left) return
        }
        held = held.subarray(piece.length)
        // A copy: a view would keep, and hand over, the whole buffer it lies in.
        controller.enqueue(piece.slice())
      },
      cancel(reason) {
        left = true
        link.leave(sender)
        return reader.cancel(reason)
      },
    },
    { highWaterMark: 0 },
  )
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
