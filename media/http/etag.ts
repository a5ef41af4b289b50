/** Entity tags (RFC 9110 clause 8.8.3) and the two ways to compare them. */

/** An entity tag as it stands in a field, quotes and all: `"abc"` or `W/"abc"`. */
export type EntityTag = string

// etagc = %x21 / %x23-7E / obs-text
const TAG = /(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"/y

/**
 * The tags of an If-Match or If-None-Match field, or `*`. A field that breaks the grammar gives the tags before the break:
 * nothing behind it can be told apart reliably.
 */
export function readEntityTags(field: string): EntityTag[] | '*' {
  if (field.trim() === '*') return '*'
  const tags: EntityTag[] = []
  let at = 0
  while (at < field.length) {
    while (field[at] === ' ' || field[at] === '\t' || field[at] === ',') at += 1
    TAG.lastIndex = at
    const tag = TAG.exec(field)?.[0]
    if (tag === undefined) break
    tags.push(tag)
    at += tag.length
  }
  return tags
}

/** "two entity tags are equivalent if both are not weak and their opaque-tags match character-by-character". */
export function strongEqual(a: EntityTag, b: EntityTag): boolean {
  return !a.startsWith('W/') && a === b
}

/** "two entity tags are equivalent if their opaque-tags match character-by-character, regardless of either … being weak". */
export function weakEqual(a: EntityTag, b: EntityTag): boolean {
  return a.replace(/^W\//, '') === b.replace(/^W\//, '')
}
