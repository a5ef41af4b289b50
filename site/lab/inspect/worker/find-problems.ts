/** Looks for damage in the whole tree, as far as that is cheap: the reader should not have to open every node. */
import type { Dissector, DissectNode, Problem } from '../../../../media/dissect/model.ts'
import type { FoundProblem, FoundProblems } from './calls.ts'

/** Nodes that are looked at: a header each, some of them with fields. */
const MAX_NODES = 1500
const MAX_PROBLEMS = 50
/** Fields of what is larger are read when they are looked at. */
const MAX_FIELD_BYTES = 64 * 1024
/** Per parent: a thousand fragments or samples alike say no more than the first of them. */
const MAX_CHILDREN = 300

/** Walks depth first, in file order, while `mayRead`. Rejects only with what the source says. */
export async function findProblems(dissector: Dissector, mayRead: () => boolean): Promise<FoundProblems> {
  const problems: FoundProblem[] = []
  let looked = 0
  let whole = true

  function note(found: Problem[], { type }: DissectNode, path: number[]): void {
    const known = new Set<string>()
    for (const problem of found) {
      if (known.has(problem.what) || problems.length >= MAX_PROBLEMS) continue
      known.add(problem.what)
      problems.push({ ...problem, path, type })
    }
  }

  async function walk(parent: DissectNode | null, way: number[]): Promise<void> {
    let index = 0
    let last: { node: DissectNode; noted: number; path: number[] } | null = null
    for await (const node of dissector.children(parent)) {
      if (looked >= MAX_NODES || index >= MAX_CHILDREN || problems.length >= MAX_PROBLEMS || !mayRead()) {
        whole = false
        break
      }
      looked += 1
      const path = [...way, index]
      const found = [...node.problems]
      last = { node, noted: node.problems.length, path }
      if (!node.container && node.size <= MAX_FIELD_BYTES) found.push(...(await dissector.fields(node, 10)).problems)
      note(found, node, path)
      if (node.container) await walk(node, path)
      index += 1
    }
    // What makes the next node unreadable is found after the last one was given, and said there.
    if (last !== null) note(last.node.problems.slice(last.noted), last.node, last.path)
  }
  await walk(null, [])
  return { problems, whole }
}
