/** Why media could not be read or written. `code` is for programs, the message for people. */
export type MediaErrorCode =
  /** The bytes end in the middle of something. */
  | 'truncated'
  /** A box, a table or a field contradicts itself or its neighbours. */
  | 'malformed'
  /** Something is larger or deeper than the reader allows. */
  | 'too-large'
  /** Well formed, but not what this code handles. */
  | 'unsupported'
  /** Samples do not follow each other on the timeline. */
  | 'gap'

/** The only error that readers and writers in media/ throw about their input. */
export class MediaError extends Error {
  readonly code: MediaErrorCode

  constructor(code: MediaErrorCode, message: string) {
    super(message)
    this.name = 'MediaError'
    this.code = code
  }
}
