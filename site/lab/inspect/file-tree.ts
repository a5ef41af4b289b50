/** The tree as far as it was opened: nodes come page by page, when they are asked for. No DOM. */
import type { ListedNode, NodePage } from './worker/calls.ts'

/** The children of a node, or of the file. */
export interface Branch {
  nodes: TreeNode[]
  /** All of them are there. */
  done: boolean
  loading: boolean
  error: string | null
}

export interface TreeNode {
  node: ListedNode
  parent: TreeNode | null
  level: number
  index: number
  open: boolean
  branch: Branch
}

/** A line of the open tree. */
export type TreeLine = { kind: 'node'; at: TreeNode } | { kind: 'more'; owner: TreeNode | null; level: number; branch: Branch }

export class FileTree {
  readonly root: Branch = newBranch()
  private readonly ask: (parent: number | null) => Promise<NodePage>
  private readonly changed: () => void
  private readonly byKey = new Map<number, TreeNode>()
  private readonly running = new Map<Branch, Promise<void>>()

  constructor(ask: (parent: number | null) => Promise<NodePage>, changed: () => void) {
    this.ask = ask
    this.changed = changed
  }

  find(key: number): TreeNode | null {
    return this.byKey.get(key) ?? null
  }

  /** Loads the next page of children. A failure is kept in the branch, in words. */
  more(owner: TreeNode | null): Promise<void> {
    const branch = owner?.branch ?? this.root
    const running = this.running.get(branch)
    if (running !== undefined) return running
    const work = this.load(owner, branch).finally(() => this.running.delete(branch))
    this.running.set(branch, work)
    return work
  }

  private async load(owner: TreeNode | null, branch: Branch): Promise<void> {
    if (branch.done) return
    branch.loading = true
    branch.error = null
    this.changed()
    try {
      const page = await this.ask(owner?.node.key ?? null)
      for (const node of page.nodes) {
        const level = owner === null ? 1 : owner.level + 1
        const at: TreeNode = { node, parent: owner, level, index: branch.nodes.length, open: false, branch: newBranch() }
        branch.nodes.push(at)
        this.byKey.set(node.key, at)
      }
      branch.done = page.done
    } catch (error) {
      branch.error = error instanceof Error ? error.message : String(error)
    } finally {
      branch.loading = false
      this.changed()
    }
  }

  async open(at: TreeNode): Promise<void> {
    if (!at.node.container) return
    at.open = true
    this.changed()
    if (at.branch.nodes.length === 0) await this.more(at)
  }

  close(at: TreeNode): void {
    at.open = false
    this.changed()
  }

  /** Opens the way to a node, given by its index level by level; null when it is not there. */
  async reach(path: number[]): Promise<TreeNode | null> {
    let at: TreeNode | null = null
    for (const index of path) {
      if (at !== null) await this.open(at)
      const branch: Branch = at?.branch ?? this.root
      while (branch.nodes.length <= index && !branch.done && branch.error === null) await this.more(at)
      const next: TreeNode | undefined = branch.nodes[index]
      if (next === undefined) return null
      at = next
    }
    return at
  }

  /** The lines of what is open, in order. */
  lines(): TreeLine[] {
    const lines: TreeLine[] = []
    const list = (branch: Branch, owner: TreeNode | null, level: number): void => {
      for (const at of branch.nodes) {
        lines.push({ kind: 'node', at })
        if (at.open) list(at.branch, at, level + 1)
      }
      if (!branch.done) lines.push({ kind: 'more', owner, level, branch })
    }
    list(this.root, null, 1)
    return lines
  }
}

function newBranch(): Branch {
  return { nodes: [], done: false, loading: false, error: null }
}
