/**
 * The tree of a file as one value: what a `Dissector` reads piece by piece, read within bounds and ready to print or to
 * send. Boxes that repeat for the length of a film (`moof` and `mdat`, `Cluster`, `SimpleBlock`) are given a few times and
 * then counted.
 */
import type { Dissector, DissectNode, Field, Problem } from './model.ts'

/** A box or an element, as JSON has it. */
export interface ReportNode {
  type: string
  name: string
  /** From the start of the file. */
  offset: number
  headerBytes: number
  /** Header and body. */
  size: number
  fields: Field[]
  problems: Problem[]
  /** Null for a node that holds none. */
  children: ReportChild[] | null
}

export type ReportChild = ReportNode | Omission

/** Nodes that follow each other and were left out because there were many like them before. */
export interface Omission {
  /** Null: they were not even counted. */
  omitted: number | null
  /** How many of each type. */
  types: Record<string, number>
  /** Where the first starts, and bytes to the end of the last. */
  offset: number
  size: number
}

export interface TreeLimits {
  /** Nodes of one type in one parent before the rest is counted. */
  repeats: number
  /** Entries of a table; its field says how many there are in all. */
  maxEntries: number
  /** Nodes looked at, those left out included. */
  maxNodes: number
  /** Reading is dear: what is left out is not looked into for damage, and blocks in a cluster are not counted. */
  glance?: boolean
  /** Asked before each node: true ends the walk (too many requests were made, somebody waits). */
  stop?: () => boolean
  /** Called before the inside of a node is read: a source that pays for requests gets all of it at once. */
  prefetch?: (node: DissectNode) => Promise<void>
}

export interface ReportTree {
  nodes: ReportChild[]
  /** Of all nodes, in the order they were met; at most `MAX_PROBLEMS`. */
  problems: Problem[]
  /** Where the walk ended before the end of the file; null when everything was looked at. */
  unreadFrom: number | null
}

/** More than these say nothing new. */
const MAX_PROBLEMS = 100
/** Entries of fields in all; a long fragmented file has millions. */
const MAX_FIELD_ENTRIES = 200_000
/** Real files stay below twelve; a damaged one may point inwards for ever. */
const MAX_DEPTH = 32

/** They repeat because each is a thing of its own, and people count on seeing all of them. */
const NEVER_LEFT_OUT = new Set(['trak', 'TrackEntry', 'traf'])

/** Their inside is what is played, or nothing. */
const MEDIA = new Set(['mdat', 'free', 'skip', 'wide', 'idat', 'Segment', 'Cluster', 'Void', 'Attachments'])
const MAX_PREFETCH_BYTES = 64 * 1024 * 1024

/** Its inside is too much, or not worth, to be fetched in one go before it is looked at. */
export function isMedia({ type, size }: DissectNode): boolean {
  return MEDIA.has(type) || size > MAX_PREFETCH_BYTES
}

export async function readTree(dissector: Dissector, limits: TreeLimits): Promise<ReportTree> {
  const problems: Problem[] = []
  let nodesLeft = limits.maxNodes
  let entriesLeft = MAX_FIELD_ENTRIES
  let unreadFrom: number | null = null

  function note(found: Problem[]): void {
    for (const problem of found) if (problems.length < MAX_PROBLEMS) problems.push(problem)
  }

  async function walk(parent: DissectNode | null, depth: number, keep: boolean): Promise<ReportChild[]> {
    const nodes: ReportChild[] = []
    const seen = new Map<string, number>()
    let last: { node: DissectNode; noted: number; described: ReportNode | null } | null = null
    for await (const node of dissector.children(parent)) {
      if (nodesLeft <= 0 || limits.stop?.() === true) {
        unreadFrom ??= node.offset
        break
      }
      nodesLeft -= 1
      const count = (seen.get(node.type) ?? 0) + 1
      seen.set(node.type, count)
      const left = !keep || (count > limits.repeats && node.problems.length === 0 && !NEVER_LEFT_OUT.has(node.type))
      let described: ReportNode | null = null
      if (left && limits.glance === true && parent?.type === 'Cluster') {
        nodes.push({ omitted: null, types: {}, offset: node.offset, size: parent.offset + parent.size - node.offset })
        break
      }
      if (left) {
        note(node.problems)
        if (keep) leaveOut(nodes, node)
        if (node.container && depth < MAX_DEPTH && limits.glance !== true) await walk(node, depth + 1, false)
      } else {
        described = await describe(node, depth)
        nodes.push(described)
      }
      last = { node, noted: node.problems.length, described }
    }
    // What makes the next node unreadable is found after the last one was given, and said there.
    const late = last?.node.problems.slice(last.noted) ?? []
    note(late)
    last?.described?.problems.push(...late)
    return nodes
  }

  async function describe(node: DissectNode, depth: number): Promise<ReportNode> {
    const { type, name, offset, headerBytes, size } = node
    if (!isMedia(node)) await limits.prefetch?.(node)
    const { fields, problems: wrong } = await dissector.fields(node, Math.min(limits.maxEntries, entriesLeft))
    entriesLeft = Math.max(0, entriesLeft - countEntries(fields))
    const own = [...node.problems, ...wrong]
    const noted = node.problems.length
    note(own)
    const children = node.container && depth < MAX_DEPTH ? await walk(node, depth + 1, true) : null
    const late = node.problems.slice(noted)
    note(late)
    return { type, name, offset, headerBytes, size, fields, problems: [...own, ...late], children }
  }

  return { nodes: await walk(null, 0, true), problems, unreadFrom }
}

/** Adds a node to the omission at the end, or starts one. */
function leaveOut(nodes: ReportChild[], { type, offset, size }: DissectNode): void {
  const last = nodes.at(-1)
  if (last === undefined || !isOmission(last) || last.omitted === null) {
    nodes.push({ omitted: 1, types: { [type]: 1 }, offset, size })
    return
  }
  last.omitted += 1
  last.types[type] = (last.types[type] ?? 0) + 1
  last.size = offset + size - last.offset
}

export function isOmission(child: ReportChild): child is Omission {
  return 'omitted' in child
}

function countEntries(fields: Field[]): number {
  return fields.reduce((sum, { value, fields: inner = [] }) => sum + (Array.isArray(value) ? value.length : 1) + countEntries(inner), 0)
}
