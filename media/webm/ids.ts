/** Ids of elements (RFC 9559, RFC 8794), with their length markers, as the standards print them. The whole table is in `elements.ts`. */

/** `0x1F43B675`, as the standards print ids. */
export function printId(id: number): string {
  return `0x${id.toString(16).toUpperCase().padStart(2, '0')}`
}

/** Ids that the readers look for. */
export const ID = {
  crc32: 0xbf,
  ebml: 0x1a45dfa3,
  docType: 0x4282,
  segment: 0x18538067,
  void: 0xec,
  seekHead: 0x114d9b74,
  seek: 0x4dbb,
  seekID: 0x53ab,
  seekPosition: 0x53ac,
  info: 0x1549a966,
  timestampScale: 0x2ad7b1,
  duration: 0x4489,
  title: 0x7ba9,
  muxingApp: 0x4d80,
  writingApp: 0x5741,
  tracks: 0x1654ae6b,
  chapters: 0x1043a770,
  cluster: 0x1f43b675,
  cues: 0x1c53bb6b,
  attachments: 0x1941a469,
  tags: 0x1254c367,
  timestamp: 0xe7,
  position: 0xa7,
  prevSize: 0xab,
  simpleBlock: 0xa3,
  blockGroup: 0xa0,
  block: 0xa1,
  blockDuration: 0x9b,
  referenceBlock: 0xfb,
  discardPadding: 0x75a2,
} as const

/** Elements of the Segment's level, and those that begin a document: what ends a Cluster of unknown size. */
const IN_SEGMENT: ReadonlySet<number> = new Set([
  ...[ID.seekHead, ID.info, ID.tracks, ID.chapters, ID.cluster, ID.cues, ID.attachments, ID.tags],
  ...[ID.ebml, ID.segment],
])

export function isInSegment(id: number): boolean {
  return IN_SEGMENT.has(id)
}

/** Elements that lie in a Cluster only. */
export function isInCluster(id: number): boolean {
  return id === ID.simpleBlock || id === ID.blockGroup || id === ID.timestamp
}
