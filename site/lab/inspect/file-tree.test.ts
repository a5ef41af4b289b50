import { expect, it } from 'vitest'
import { FileTree, type TreeLine } from './file-tree.ts'
import { drawSpans, spansOf, spanUnder } from './map-spans.ts'
import type { ListedNode, NodePage } from './worker/calls.ts'

/** A file of 1000 fragments of two boxes, 100 nodes a page. */
function fragments(): { tree: FileTree; asked: (number | null)[]; fail: { next: boolean } } {
  const asked: (number | null)[] = []
  const fail = { next: false }
  const node = (key: number, type: string, offset: number, size: number): ListedNode => {
    const container = type === 'moof'
    return { key, type, name: '', offset, size, headerBytes: 8, container, path: [], problems: [] }
  }
  let given = 0
  const ask = (parent: number | null): Promise<NodePage> => {
    asked.push(parent)
    if (fail.next) {
      fail.next = false
      return Promise.reject(new Error('The connection broke.'))
    }
    if (parent !== null) return Promise.resolve({ nodes: [node(10_000 + parent, 'mfhd', parent * 50 + 8, 16)], done: true })
    const nodes = Array.from({ length: 100 }, (_, index) => {
      const key = given + index
      return key % 2 === 0 ? node(key, 'moof', key * 50, 50) : node(key, 'mdat', key * 50, 50)
    })
    given += 100
    return Promise.resolve({ nodes, done: given === 2000 })
  }
  return { tree: new FileTree(ask, () => {}), asked, fail }
}
const kinds = (lines: TreeLine[]): string[] => lines.map((line) => (line.kind === 'more' ? 'more' : line.at.node.type))

it('loads a page at a time, when it is asked for', async () => {
  const { tree, asked } = fragments()
  await tree.more(null)
  expect(asked).toEqual([null])
  expect(tree.lines()).toHaveLength(101)
  expect(kinds(tree.lines()).at(-1)).toBe('more')
  await Promise.all([tree.more(null), tree.more(null)])
  expect(asked).toEqual([null, null])
})

it('opens and closes a node, and asks for its children once', async () => {
  const { tree, asked } = fragments()
  await tree.more(null)
  const first = tree.root.nodes[0]
  if (first === undefined) throw new Error('no node')
  await tree.open(first)
  expect(kinds(tree.lines()).slice(0, 3)).toEqual(['moof', 'mfhd', 'mdat'])
  tree.close(first)
  await tree.open(first)
  expect(asked).toEqual([null, 0])
})

it('keeps what it has when a read fails, says why, and goes on when asked again', async () => {
  const { tree, fail } = fragments()
  await tree.more(null)
  fail.next = true
  await tree.more(null)
  expect(tree.root.error).toBe('The connection broke.')
  expect(tree.root.nodes).toHaveLength(100)
  await tree.more(null)
  expect(tree.root.error).toBeNull()
  expect(tree.root.nodes).toHaveLength(200)
})

it('reaches a node far down, page by page', async () => {
  const { tree } = fragments()
  const at = await tree.reach([250, 0])
  expect(at?.node.type).toBe('mfhd')
  expect(at?.parent?.open).toBe(true)
  expect(await tree.reach([250, 9])).toBeNull()
})

it('maps what was listed and leaves the rest unread; what is small can be pointed at', async () => {
  const { tree } = fragments()
  await tree.more(null)
  const spans = spansOf(tree.root, 100_000)
  expect(spans).toHaveLength(101)
  expect(spans.at(-1)).toMatchObject({ kind: 'unread', offset: 5000, size: 95_000 })
  const drawn = drawSpans(spans, 100_000, 1000)
  expect(spanUnder(drawn, 0)?.kind).not.toBe('unread')
  expect(spanUnder(drawn, 900)?.kind).toBe('unread')
})
