/** What is asked of every reader: enough to list a file and to choose a decoder. */
export interface Metadata {
  durationSeconds: number
  tracks: { kind: string; codec: string | null; size: string }[]
}

/** Opens a file of the disk, answers, and lets go of it. */
export type ReadMetadata = (file: string) => Promise<Metadata>
