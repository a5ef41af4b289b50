/** Lines of the file's tree as rows: a node with its name, its place and its damage, or the way to more of them. */
import { html, nothing } from 'lit'
import type { TreeLine } from './file-tree.ts'
import type { TreeRow } from './row-tree.ts'

/** What a line is known by in the tree. */
export function keyOf(line: TreeLine): string {
  if (line.kind === 'node') return `n${line.at.node.key}`
  return line.owner === null ? 'more' : `more${line.owner.node.key}`
}

/** A line as it is drawn. */
export function treeRow(line: TreeLine): TreeRow {
  const key = keyOf(line)
  if (line.kind === 'more') {
    const { branch, owner, level } = line
    const text = branch.loading ? 'Reading…' : (branch.error ?? (branch.nodes.length === 0 ? 'Show' : 'Show more'))
    const parent = owner === null ? null : `n${owner.node.key}`
    const severity = branch.error === null ? null : 'error'
    const again = branch.error === null ? nothing : html` <u>Try again</u>`
    return {
      key,
      level,
      position: branch.nodes.length + 1,
      setSize: -1,
      open: null,
      parent,
      severity,
      content: () => html`<span class="tree-more">${text}${again}</span>`,
    }
  }
  const { node, level, index, parent, open } = line.at
  const siblings = parent?.branch ?? null
  const severity = node.problems.some((problem) => problem.severity === 'error') ? 'error' : node.problems.length > 0 ? 'warning' : null
  return {
    key,
    level,
    position: index + 1,
    setSize: siblings?.done === true ? siblings.nodes.length : -1,
    open: node.container ? open : null,
    parent: parent === null ? null : `n${parent.node.key}`,
    severity,
    content: () =>
      html`<span class="node-type">${node.type}</span>
        <span class="node-name">${node.name}</span>
        ${severity === null ? nothing : html`<span class="node-mark" title=${node.problems.map(({ what }) => what).join('\n')}>${severity === 'error' ? 'damaged' : 'note'}</span>`}
        <span class="node-place" title="Offset and size, bytes"
          >${node.offset.toLocaleString('en')} · ${node.size.toLocaleString('en')}</span
        >`,
  }
}
