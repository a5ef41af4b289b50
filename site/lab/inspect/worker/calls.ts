/** What the page asks of the worker, and what it gets. One worker has one file; a second file gets a worker of its own. */
import type { DissectNode, Field, Problem } from '../../../../media/dissect/model.ts'
import type { Verdict } from '../../../../media/dissect/verdict.ts'
import type { Chapter, ContainerFormat, SampleTable, Track } from '../../../../media/container/model.ts'
import type { ReadCount } from '../sources/block-source.ts'

/** A node of the tree, and the number the worker knows it by. */
export interface ListedNode extends DissectNode {
  key: number
}

/** Nodes that follow those given before. */
export interface NodePage {
  nodes: ListedNode[]
  /** There are no more. */
  done: boolean
}

export interface Opened {
  name: string
  /** Bytes. */
  size: number
  format: 'mp4' | 'matroska'
}

/** A track without its binary parts, and its codec in words. */
export interface TrackSummary extends Omit<Track, 'config' | 'sampleEntry'> {
  codecText: string
}

export interface Summary {
  format: ContainerFormat
  durationSeconds: number | null
  fragmented: boolean
  headerFirst: boolean
  tracks: TrackSummary[]
  chapters: Chapter[]
  /** Without samples: where it can seek is not in it yet. */
  verdict: Verdict
}

/** A problem and the way to the node it is on: the index among its siblings, level by level. */
export interface FoundProblem extends Problem {
  path: number[]
  type: string
}

export interface FoundProblems {
  problems: FoundProblem[]
  /** The whole tree was walked; false: only as far as is cheap. */
  whole: boolean
}

export type Opening = { kind: 'file'; file: File } | { kind: 'url'; url: string }

/** The calls, by name. Each rejects with an `Error` whose message is a sentence for the reader. */
export interface Calls {
  /** The first call: everything else is about the file it opened. */
  open(what: Opening): Promise<Opened>
  /** The next page of a node's children (`null`: of the file). */
  children(parent: number | null): Promise<NodePage>
  fields(node: number, maxEntries: number): Promise<{ fields: Field[]; problems: Problem[] }>
  bytes(offset: number, length: number): Promise<Uint8Array>
  summary(): Promise<Summary>
  samples(trackId: number): Promise<SampleTable>
  /** With what the samples say that were read so far. */
  verdict(): Promise<Verdict>
  /** Ends a `samples` call that reads for too long: it rejects. */
  stopSamples(): Promise<void>
  problems(): Promise<FoundProblems>
}

export type Request = { [Name in keyof Calls]: { id: number; name: Name; args: Parameters<Calls[Name]> } }[keyof Calls]
export type Reply = { id: number; value: unknown } | { id: number; error: string } | { reads: ReadCount }

/** Nodes that are listed at a time. */
export const PAGE_NODES = 200
