/** The tree of a report: what is left out, what is never, and where it ends. On dissectors made by hand. */
import { describe, expect, it } from 'vitest'
import type { Dissector, DissectNode, Problem } from './model.ts'
import { readTree, type ReportChild, type TreeLimits } from './report-tree.ts'

interface Made extends DissectNode {
  inside: Made[]
  /** Found when the next node is wanted. */
  late?: Problem
}

let place = 0
function made(type: string, inside: Made[] = []): Made {
  place += 10
  return { type, name: '', offset: place, headerBytes: 8, size: 10, container: inside.length > 0, path: [], problems: [], inside }
}
const problem = (what: string): Problem => ({ offset: 0, length: 1, what, severity: 'error' })

function dissector(nodes: Made[], looked: string[] = []): Dissector {
  return {
    format: 'mp4',
    size: 1_000_000,
    async *children(parent) {
      for (const node of parent === null ? nodes : (parent as Made).inside) {
        looked.push(node.type)
        yield node
        if (node.late !== undefined) node.problems.push(node.late)
      }
    },
    fields: () => Promise.resolve({ fields: [], problems: [] }),
  }
}
const LIMITS: TreeLimits = { repeats: 2, maxEntries: 10, maxNodes: 1000 }
const shape = (nodes: ReportChild[]): unknown[] =>
  nodes.map((node) => ('omitted' in node ? node.types : node.children === null ? node.type : { [node.type]: shape(node.children) }))

describe('the tree of a report', () => {
  it('counts what repeats, shows all tracks, and all that is damaged', async () => {
    const broken = made('moof')
    broken.problems.push(problem('torn'))
    const nodes = [
      made('moov', [made('trak'), made('trak'), made('trak')]),
      ...[1, 2, 3, 4].flatMap(() => [made('moof', [made('traf')]), made('mdat')]),
      broken,
      ...[made('moof'), made('mfra')],
    ]
    const { nodes: tree, problems, unreadFrom } = await readTree(dissector(nodes), LIMITS)
    expect(shape(tree)).toEqual([
      { moov: ['trak', 'trak', 'trak'] },
      ...[{ moof: ['traf'] }, 'mdat', { moof: ['traf'] }, 'mdat', { moof: 2, mdat: 2 }, 'moof', { moof: 1 }, 'mfra'],
    ])
    expect([problems, unreadFrom]).toEqual([[problem('torn')], null])
  })

  it('has problems that are found behind a node, and those inside of what is left out', async () => {
    const [tail, hidden, deep] = [made('mdat'), made('moof', []), made('traf')]
    tail.late = problem('nothing behind it can be read')
    deep.problems.push(problem('deep'))
    hidden.inside = [deep]
    hidden.container = true
    const { nodes, problems } = await readTree(dissector([made('moof'), made('moof'), hidden, tail]), LIMITS)
    expect(problems.map(({ what }) => what)).toEqual(['deep', 'nothing behind it can be read'])
    expect(nodes.at(-1)).toMatchObject({ type: 'mdat', problems: [{ what: 'nothing behind it can be read' }] })
  })

  it('ends after so many nodes, or when it is told to, and says where', async () => {
    const nodes = Array.from({ length: 50 }, () => made('free'))
    const counted = await readTree(dissector(nodes), { ...LIMITS, maxNodes: 7 })
    expect(counted.unreadFrom).toBe(nodes[7]?.offset)
    let left = 3
    expect((await readTree(dissector(nodes), { ...LIMITS, stop: () => (left -= 1) < 0 })).unreadFrom).toBe(nodes[3]?.offset)
  })

  it('at a glance does not go through a cluster, nor into what it leaves out', async () => {
    const looked: string[] = []
    const blocks = (): Made[] => Array.from({ length: 100 }, () => made('SimpleBlock'))
    const { nodes } = await readTree(
      dissector(
        [1, 2, 3].map(() => made('Cluster', blocks())),
        looked,
      ),
      { ...LIMITS, glance: true },
    )
    expect(shape(nodes)).toEqual([
      { Cluster: ['SimpleBlock', 'SimpleBlock', {}] },
      { Cluster: ['SimpleBlock', 'SimpleBlock', {}] },
      { Cluster: 1 },
    ])
    expect(looked.filter((type) => type === 'SimpleBlock')).toHaveLength(6)
  })

  it('of nodes that hold each other for ever has an end', async () => {
    const round = made('moov', [made('free')])
    round.inside = [round]
    const { nodes } = await readTree(dissector([round]), LIMITS)
    expect(JSON.stringify(nodes).match(/"moov"/g)?.length).toBeLessThan(40)
  })
})
