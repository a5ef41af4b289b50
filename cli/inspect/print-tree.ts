/** The tree as text: branches to the left, size and offset in a column to the right, and nothing wider than the terminal. */
import { styleText } from 'node:util'
import { isOmission, type Omission, type ReportChild, type ReportNode } from '../../media/dissect/report-tree.ts'
import { fieldLines, labelNode } from './label-node.ts'
import { harmless, thousands } from './words.ts'

export interface TreeStyle {
  /** Columns of the terminal. */
  width: number
  colour: boolean
  /** Every field on a line of its own. */
  fields: boolean
}

/** However deep the branch is, this much of a line is left for words. */
const LEAST_TEXT = 24

/** Lines without an end. `heading` stands over the tree, with the names of the columns. */
export function printTree(heading: string, nodes: ReportChild[], style: TreeStyle): string[] {
  const { size, offset } = widest(nodes)
  const note = Math.max('bytes @ offset'.length, size + 3 + offset)
  const layout = { ...style, note, size, offset, text: Math.max(LEAST_TEXT, style.width - note - 2) }
  const caption = `${' '.repeat(Math.max(0, size - 'bytes'.length))}bytes @ offset`
  const lines: string[] = [withNote(heading, heading.length, paint(caption, 'dim', style), layout)]
  printChildren(nodes, '', layout, lines)
  return lines
}

interface Layout extends TreeStyle {
  /** Columns for words, and for the note at the right with its two numbers. */
  text: number
  note: number
  size: number
  offset: number
}

function printChildren(nodes: ReportChild[], branch: string, layout: Layout, lines: string[]): void {
  for (const [at, node] of nodes.entries()) {
    const [corner, below] = branchTo(at === nodes.length - 1, branch, layout)
    if (isOmission(node)) printOmission(node, corner, below, layout, lines)
    else printNode(node, corner, below, layout, lines)
  }
}

/** What stands before a node, and before what is under it. */
function branchTo(last: boolean, branch: string, { width }: Layout): [corner: string, below: string] {
  const wide = width >= ROOMY ? '── ' : '─ '
  return [`${branch}${last ? '└' : '├'}${wide}`, `${branch}${last ? ' ' : '│'}${' '.repeat(wide.length)}`]
}
/** On narrower terminals a level takes three columns instead of four. */
const ROOMY = 100

function printNode(node: ReportNode, corner: string, below: string, layout: Layout, lines: string[]): void {
  const { name, summary, lines: fixed } = labelNode(node)
  const said = summary === '' ? '' : `: ${summary}`
  const named = name === '' ? said : ` (${name})${said}`
  // The full name is what a line can do without when there is no room for all of it.
  const fits = corner.length + node.type.length + named.length <= layout.text
  const words = fits || summary === '' ? named : said
  const inner = layout.fields ? fieldLines(node.fields) : fixed
  const children = node.children ?? []
  const leaves = [...inner.map((text) => ({ text, bad: false })), ...node.problems.map(({ what }) => ({ text: `! ${what}`, bad: true }))]
  const under = children.length > 0 || leaves.length > 0 ? '│     ' : '      '
  put(corner, below + under, harmless(node.type), harmless(words), node, layout, lines)
  for (const [at, { text, bad }] of leaves.entries()) {
    const [before, after] = branchTo(at === leaves.length - 1 && children.length === 0, below, layout)
    put(before, after, '', harmless(text), null, layout, lines, bad)
  }
  printChildren(children, below, layout, lines)
}

function printOmission(omission: Omission, corner: string, below: string, layout: Layout, lines: string[]): void {
  const types = Object.entries(omission.types).map(([type, count]) => `${thousands(count)} more ${type}`)
  put(corner, below, '', harmless(`… ${omission.omitted === null ? 'more, not looked at' : types.join(', ')}`), omission, layout, lines)
}

/** A line, and as many more under it as its words need. */
function put(
  first: string,
  rest: string,
  type: string,
  words: string,
  place: { size: number; offset: number } | null,
  layout: Layout,
  lines: string[],
  bad = false,
): void {
  const room = Math.max(LEAST_TEXT, layout.text - first.length)
  // A line without a note may use the room of one.
  const more = Math.max(LEAST_TEXT, (place === null ? layout.width : layout.text) - rest.length)
  const [head = '', ...others] = wrap(type + words, place === null ? more : room, more)
  const painted = bad ? paint(head, 'red', layout) : paint(head.slice(0, type.length), 'bold', layout) + head.slice(type.length)
  const branch = paint(first, 'dim', layout)
  const note = place === null ? '' : paint(`${thousands(place.size).padStart(layout.size)} @ ${thousands(place.offset)}`, 'dim', layout)
  lines.push(place === null ? branch + painted : withNote(branch + painted, first.length + head.length, note, layout))
  for (const other of others) lines.push(paint(rest, 'dim', layout) + (bad ? paint(other, 'red', layout) : other))
}

function withNote(line: string, length: number, note: string, layout: Layout): string {
  return `${line}${' '.repeat(Math.max(1, layout.text + 2 - length))}${note}`
}

/** Breaks at spaces; a word that is too long for a line is broken anywhere. */
export function wrap(text: string, firstRoom: number, room: number): string[] {
  const lines: string[] = []
  let left = text
  let width = firstRoom
  while (left.length > width) {
    const space = left.lastIndexOf(' ', width)
    const cut = space > Math.min(8, width / 2) ? space : width
    lines.push(left.slice(0, cut))
    left = left.slice(cut).trimStart()
    width = room
  }
  return [...lines, left]
}

/** Characters that the largest size and offset take. */
function widest(nodes: ReportChild[]): { size: number; offset: number } {
  let [size, offset] = [0, 0]
  // Nodes lie within the nodes around them: the outermost are the largest, and only offsets grow inwards.
  for (const node of nodes) {
    size = Math.max(size, thousands(node.size).length)
    const inner = isOmission(node) ? { offset: 0 } : widest(node.children ?? [])
    offset = Math.max(offset, thousands(node.offset).length, inner.offset)
  }
  return { size, offset }
}

function paint(text: string, style: 'bold' | 'dim' | 'red', { colour }: { colour: boolean }): string {
  return colour && text !== '' ? styleText(style, text, { validateStream: false }) : text
}
