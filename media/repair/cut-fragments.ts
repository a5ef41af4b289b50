/** A fragmented file cut after its last whole fragment: one whose `moof` and whose samples are there. */
import type { TreeBox } from './box-tree.ts'
import { type FragmentTrack, readDefaults, readFragment } from './fragments.ts'
import { counted, type Notes } from './model.ts'
import type { TopBox } from './top-level.ts'

export interface CutFragments {
  boxes: TopBox[]
  kept: FragmentTrack[]
  lost: FragmentTrack[]
  lostAny: boolean
  /** Where the file ends now. */
  end: number
  /** One past the last byte of the samples that are kept. */
  dataEnd: number
}

/** Boxes that introduce the fragment behind them. */
const PREFIXES: ReadonlySet<string> = new Set(['styp', 'sidx', 'ssix', 'prft', 'emsg'])

export function cutFragments(all: TopBox[], moov: TreeBox, size: number, notes: Notes): CutFragments {
  const defaults = readDefaults(moov)
  const kept: FragmentTrack[] = []
  const lost: FragmentTrack[] = []
  let cutAt: number | null = null
  let dataEnd = 0
  for (const [index, { tree, type, declaredEnd, end, torn: inside }] of all.entries()) {
    if (type !== 'moof' || tree === null) continue
    const tracks = readFragment(tree, defaults)
    const torn = tracks.some((track) => track.dataEnd > size) || inside || (declaredEnd !== null && declaredEnd > size && end === size)
    if (torn && cutAt === null) {
      cutAt = index
      while (cutAt > 0 && PREFIXES.has(all[cutAt - 1]?.type ?? '')) cutAt -= 1
    }
    for (const track of tracks) {
      if (cutAt === null) dataEnd = Math.max(dataEnd, track.dataEnd)
      ;(cutAt === null ? kept : lost).push(track)
    }
  }
  const first = cutAt === null ? undefined : all[cutAt]
  if (cutAt === null || first === undefined) return { ...dropTorn(all, size, notes), kept, lost, lostAny: false, dataEnd }
  notes.actions.push({
    kind: 'truncated',
    what: `the file ends inside a fragment: cut at ${first.start}, ${counted(size - first.start, 'byte')} dropped`,
  })
  const boxes = all.slice(0, cutAt)
  // An index of what is not there any more misleads; `free` of the same size moves nothing.
  for (const box of boxes) {
    if (box.type !== 'sidx') continue
    box.hidden = true
    notes.actions.push({ kind: 'index', what: `the segment index at ${box.start} dropped: it points behind the end` })
  }
  return { boxes, kept, lost, lostAny: true, end: first.start, dataEnd }
}

/** A box behind the media that is not there to its end (`mfra`, `udta`, `free`) is of no use. */
function dropTorn(all: TopBox[], size: number, notes: Notes): { boxes: TopBox[]; end: number } {
  const last = all.at(-1)
  if (last === undefined || last.tree !== null || last.type === 'mdat' || last.declaredEnd === null || last.declaredEnd <= size)
    return { boxes: all, end: size }
  notes.actions.push({ kind: 'truncated', what: `box '${last.type}' at ${last.start} is not there to its end and was dropped` })
  return { boxes: all.slice(0, -1), end: last.start }
}
