/** Every box or element of a file in one flat list, in the order they lie in it. */
import type { Dissector, DissectNode } from '../../media/dissect/model.ts'
import { harmless, thousands } from './words.ts'
import type { Output } from './output.ts'

/** As the tree: a damaged file may point inwards for ever. */
const MAX_DEPTH = 32

/** Prints while it reads; the exit code is 1 when something is damaged, which standard error says. */
export async function listBoxes(
  dissector: Dissector,
  prefetch: (node: DissectNode) => Promise<void>,
  json: boolean,
  out: Output,
): Promise<number> {
  let damaged = false
  const digits = thousands(dissector.size).length
  const row = (offset: string, size: string, type: string, path: string): string =>
    `${offset.padStart(Math.max(digits, 6))}  ${size.padStart(Math.max(digits, 4))}  ${type.padEnd(16)}  ${path}`

  async function walk(parent: DissectNode | null, above: string, depth: number): Promise<void> {
    const seen = new Map<string, number>()
    let last: { node: DissectNode; noted: number } | null = null
    for await (const node of dissector.children(parent)) {
      if (out.closed()) return
      const index = (seen.get(node.type) ?? 0) + 1
      seen.set(node.type, index)
      const { type, name, offset, headerBytes, size } = node
      const path = harmless(`${above}${type.trim()}${index === 1 ? '' : `[${index}]`}`)
      await out.line(
        json
          ? JSON.stringify({ offset, size, headerBytes, type, name, path })
          : row(thousands(offset), thousands(size), harmless(type), path),
      )
      tell(node, 0)
      if (node.container) await prefetch(node)
      if (node.container && depth < MAX_DEPTH) await walk(node, `${path}/`, depth + 1)
      last = { node, noted: node.problems.length }
    }
    if (last !== null) tell(last.node, last.noted)
  }

  function tell({ problems }: DissectNode, from: number): void {
    for (const { offset, length, what, severity } of problems.slice(from)) {
      if (severity === 'error') damaged = true
      console.error(`bytes ${thousands(offset)} to ${thousands(offset + Math.max(0, length - 1))}: ${harmless(what)}`)
    }
  }

  if (!json) await out.line(row('offset', 'size', 'type', 'path'))
  await walk(null, '', 0)
  return damaged ? 1 : 0
}
