/** What lies where in the file, for the map: the outermost nodes, and those of a Matroska segment in its place. No DOM. */
import type { Branch, TreeNode } from './file-tree.ts'

export type SpanKind = 'head' | 'index' | 'fragment' | 'media' | 'free' | 'other' | 'damaged' | 'unread'

export interface Span {
  offset: number
  size: number
  kind: SpanKind
  /** null for bytes that were not looked at. */
  at: TreeNode | null
}

const KINDS: Record<string, SpanKind> = {
  ftyp: 'head',
  styp: 'head',
  EBML: 'head',
  Info: 'head',
  moov: 'index',
  sidx: 'index',
  mfra: 'index',
  SeekHead: 'index',
  Tracks: 'index',
  Cues: 'index',
  moof: 'fragment',
  mdat: 'media',
  Cluster: 'media',
  free: 'free',
  skip: 'free',
  wide: 'free',
  Void: 'free',
}

/** In file order. What was not listed yet is one span of `unread`. */
export function spansOf(root: Branch, fileSize: number): Span[] {
  const spans: Span[] = []
  const list = (branch: Branch, end: number): void => {
    let reached = branch.nodes[0]?.node.offset ?? end
    for (const at of branch.nodes) {
      const { type, offset, size, headerBytes, problems } = at.node
      reached = offset + size
      if (type === 'Segment' && at.branch.nodes.length > 0) {
        spans.push({ offset, size: headerBytes, kind: 'head', at })
        list(at.branch, offset + size)
      } else {
        const damaged = problems.some(({ severity }) => severity === 'error')
        spans.push({ offset, size, kind: damaged ? 'damaged' : (KINDS[type] ?? 'other'), at })
      }
    }
    if (reached < end)
      spans.push({
        offset: reached,
        size: end - reached,
        kind: branch.done ? 'damaged' : 'unread',
        at: branch.done ? (branch.nodes.at(-1) ?? null) : null,
      })
  }
  list(root, fileSize)
  return spans
}

/** A span on the map: small ones are drawn wide enough to be seen. */
export interface DrawnSpan {
  span: Span
  x: number
  width: number
}

const SMALL_PIXELS = 3

/** Largest first, so that what is small is drawn over what is large. */
export function drawSpans(spans: Span[], fileSize: number, width: number): DrawnSpan[] {
  const scale = width / Math.max(1, fileSize)
  // Among hundreds of fragments a wide header would hide the media beside it.
  const least = Math.min(SMALL_PIXELS, Math.max(1, width / (8 * spans.length)))
  const drawn: DrawnSpan[] = []
  for (const span of spans) {
    const wide = Math.max(least, span.size * scale)
    drawn.push({ span, x: Math.min(span.offset * scale, width - least), width: wide })
  }
  return drawn.toSorted((one, other) => other.span.size - one.span.size)
}

/** What lies under the pixel: the smallest of those that are drawn there. */
export function spanUnder(drawn: DrawnSpan[], x: number): Span | null {
  return drawn.findLast((each) => x >= each.x - 1 && x < each.x + each.width + 1)?.span ?? null
}
