/** One file under inspection: the answers to the page's calls, over a source of bytes. */
import type { MediaFile, SampleTable } from '../../../../media/container/model.ts'
import { openMedia } from '../../../../media/container/open.ts'
import { dissect } from '../../../../media/dissect/dissect.ts'
import { MediaError } from '../../../../media/errors.ts'
import type { DissectNode, Dissector, Field, Problem } from '../../../../media/dissect/model.ts'
import { judge, mainVideo, type Verdict } from '../../../../media/dissect/verdict.ts'
import { blobSource } from '../sources/blob-source.ts'
import type { BlockSource, ReadCount } from '../sources/block-source.ts'
import { urlSource } from '../sources/url-source.ts'
import {
  PAGE_NODES,
  type Calls,
  type FoundProblems,
  type ListedNode,
  type NodePage,
  type Opened,
  type Opening,
  type Summary,
} from './calls.ts'
import { findProblems } from './find-problems.ts'
import { summarize } from './summarize.ts'

/** What the search for problems may read. */
const SEARCH_BYTES = 1024 * 1024

/** Children of a node as far as they were given. */
interface Listing {
  rest: AsyncIterator<DissectNode>
  /** Read ahead: what is wrong behind a node is said on it when the next one is asked for. */
  next: Promise<IteratorResult<DissectNode>> | null
  given: number
}

export class Inspection implements Omit<Calls, 'open'> {
  readonly opened: Opened
  private readonly source: BlockSource
  private readonly dissector: Dissector
  private readonly nodes: ListedNode[] = []
  private readonly listings = new Map<number | null, Listing>()
  private media: Promise<MediaFile> | null = null
  /** Samples of the video track that decides where one can seek, once they were read. */
  private pictures: SampleTable | null = null
  /** Makes the reads of `media` reject from now on. */
  private stopMedia: () => void = () => {}

  private constructor(opened: Opened, source: BlockSource, dissector: Dissector) {
    this.opened = opened
    this.source = source
    this.dissector = dissector
  }

  static async open(what: Opening, counted: (reads: ReadCount) => void): Promise<Inspection> {
    const source = what.kind === 'file' ? blobSource(what.file, counted) : await urlSource(what.url, counted)
    const name = what.kind === 'file' ? what.file.name : nameOf(what.url)
    if (source.size === 0) throw new Error('The file is empty.')
    const dissector = (await dissect(source)) ?? (await refuse(source))
    return new Inspection({ name, size: source.size, format: dissector.format }, source, dissector)
  }

  async children(parent: number | null): Promise<NodePage> {
    const node = parent === null ? null : this.node(parent)
    const listing = this.listings.get(parent) ?? { rest: this.dissector.children(node)[Symbol.asyncIterator](), next: null, given: 0 }
    this.listings.set(parent, listing)
    const found: DissectNode[] = []
    try {
      for (;;) {
        listing.next ??= listing.rest.next()
        const next = await listing.next
        if (next.done === true || found.length === PAGE_NODES) break
        found.push(next.value)
        listing.next = null
      }
      const done = (await listing.next).done === true
      listing.given += found.length
      return { nodes: found.map((each) => this.enlist(each)), done }
    } catch (error) {
      // The next call starts over and skips what the page has: a read that failed may succeed then.
      this.listings.set(parent, { rest: skip(this.dissector.children(node), listing.given), next: null, given: listing.given })
      throw error
    }
  }

  fields(key: number, maxEntries: number): Promise<{ fields: Field[]; problems: Problem[] }> {
    return this.dissector.fields(this.node(key), maxEntries)
  }

  async bytes(offset: number, length: number): Promise<Uint8Array> {
    // A copy: what is posted must not be the cache's whole buffer.
    return (await this.source.read(offset, length)).slice()
  }

  async summary(): Promise<Summary> {
    return summarize(await this.mediaFile())
  }

  async samples(trackId: number): Promise<SampleTable> {
    const media = await this.mediaFile()
    const table = await media.samples(trackId)
    if (mainVideo(media)?.id === trackId) this.pictures = table
    return table
  }

  async verdict(): Promise<Verdict> {
    return judge(await this.mediaFile(), this.pictures)
  }

  stopSamples(): Promise<void> {
    this.stopMedia()
    this.media = null
    return Promise.resolve()
  }

  problems(): Promise<FoundProblems> {
    const limit = this.source.count.bytes + SEARCH_BYTES
    return findProblems(this.dissector, () => this.source.count.bytes < limit)
  }

  private mediaFile(): Promise<MediaFile> {
    if (this.media === null) {
      let stopped: Error | null = null
      this.stopMedia = () => (stopped = new Error('Stopped.'))
      this.media = openMedia({
        size: this.source.size,
        read: (offset, length) => (stopped === null ? this.source.read(offset, length) : Promise.reject(stopped)),
      })
      // A read that failed may succeed when it is asked for again.
      this.media.catch(() => (this.media = null))
    }
    return this.media
  }

  private enlist(node: DissectNode): ListedNode {
    // The same object gets its number: a dissector may know its nodes by identity.
    const listed = Object.assign(node, { key: this.nodes.length })
    this.nodes.push(listed)
    return listed
  }

  private node(key: number): ListedNode {
    const node = this.nodes[key]
    if (node === undefined) throw new RangeError(`no node ${key}`)
    return node
  }
}

/** Not a file that is read here: says what it seems to be. */
async function refuse(source: BlockSource): Promise<never> {
  try {
    await openMedia(source)
  } catch (error) {
    if (error instanceof MediaError) throw new Error(`This is ${error.message}.`, { cause: error })
    throw error
  }
  throw new Error('This file has no structure that is known here.')
}

async function* skip<T>(items: AsyncIterable<T>, count: number): AsyncGenerator<T> {
  let left = count
  for await (const item of items) {
    if (left > 0) left -= 1
    else yield item
  }
}

function nameOf(url: string): string {
  const { pathname, host } = new URL(url)
  const last = pathname.split('/').findLast((part) => part !== '') ?? host
  try {
    return decodeURIComponent(last)
  } catch {
    // A stray per cent sign.
    return last
  }
}
