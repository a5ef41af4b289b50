/** Why bytes could not be had, in a sentence for the person who asked: what happened and what to do. */
export class SourceError extends Error {
  override readonly name = 'SourceError'
}
