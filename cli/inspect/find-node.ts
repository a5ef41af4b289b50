/** A box or an element by its path: `moov/trak[2]/mdia/mdhd`, or `mdhd` for the first one there is. */
import type { Dissector, DissectNode } from '../../media/dissect/model.ts'
import { Failure, Usage } from '../failure.ts'

interface Step {
  type: string
  /** Which of that type, from 1. */
  index: number
}

/** Nodes looked at before the search ends: a film has millions of blocks. */
const MAX_VISITED = 200_000

/** Throws `Usage` for a path that is none, `Failure` when nothing lies there. */
export async function findNode(
  dissector: Dissector,
  path: string,
  prefetch: (node: DissectNode) => Promise<void>,
): Promise<{ node: DissectNode; path: string }> {
  const [only, ...more] = readPath(path)
  if (only === undefined) throw new Usage('--hex wants a box: a type (avcC) or a path (moov/trak[1]/mdia/mdhd).')
  if (more.length > 0) return down(dissector, [only, ...more], prefetch)
  let left = only.index
  let visited = 0
  const search = async (parent: DissectNode | null): Promise<DissectNode | null> => {
    for await (const node of dissector.children(parent)) {
      visited += 1
      if (visited > MAX_VISITED) throw new Failure(`No ${only.type} among the first ${MAX_VISITED} boxes.`, 'Give its path.')
      if (node.type.trim() === only.type) left -= 1
      if (left === 0) return node
      if (!node.container) continue
      await prefetch(node)
      const inner = await search(node)
      if (inner !== null) return inner
    }
    return null
  }
  const node = await search(null)
  if (node === null) throw new Failure(`The file has no ${path}.`, 'See what it has: sluice inspect FILE --boxes')
  return { node, path: [...node.path, node.type].join('/') }
}

async function down(
  dissector: Dissector,
  steps: Step[],
  prefetch: (node: DissectNode) => Promise<void>,
): Promise<{ node: DissectNode; path: string }> {
  let parent: DissectNode | null = null
  const passed: string[] = []
  for (const { type, index } of steps) {
    let found: DissectNode | null = null
    const seen = new Map<string, number>()
    for await (const node of dissector.children(parent)) {
      // `url ` is four characters; nobody types the last one.
      const name = node.type.trim()
      seen.set(name, (seen.get(name) ?? 0) + 1)
      if (name !== type || seen.get(type) !== index) continue
      found = node
      break
    }
    if (found === null) {
      const where = passed.length === 0 ? 'The file' : passed.join('/')
      const has = [...seen].map(([other, count]) => (count === 1 ? other : `${other} (${count})`)).join(', ')
      const count = seen.get(type)
      const what = count === undefined ? `no ${type}` : `no ${type}[${index}], only ${count}`
      throw new Failure(`${where} has ${what}.`, has === '' ? 'It holds no boxes.' : `It has: ${has}`)
    }
    passed.push(index === 1 ? type : `${type}[${index}]`)
    parent = found
    if (found.container) await prefetch(found)
  }
  if (parent === null) throw new Usage('--hex wants a box.')
  return { node: parent, path: passed.join('/') }
}

function readPath(path: string): Step[] {
  return path
    .replace(/^\/|\/$/g, '')
    .split('/')
    .map((part) => {
      const [, type, index] = /^(.+?)(?:\[(\d{1,7})\])?$/.exec(part) ?? []
      if (type === undefined || index === '0') throw new Usage(`'${part}' in --hex is no box: write trak or trak[2], counted from 1.`)
      return { type, index: Number(index ?? 1) }
    })
}
