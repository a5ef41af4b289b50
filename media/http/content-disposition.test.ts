import fc from 'fast-check'
import { expect, it } from 'vitest'
import { inlineDisposition, safeFileName } from './content-disposition.ts'

it.each([
  ['holiday.mp4', 'inline; filename="holiday.mp4"'],
  ['a b (1).mov', 'inline; filename="a b (1).mov"'],
  ['../../etc/passwd', 'inline; filename="passwd"'],
  ['C:\\clips\\x.mkv', 'inline; filename="x.mkv"'],
  ['say "hi".mp4', 'inline; filename="say _hi_.mp4"; filename*=UTF-8\'\'say%20%22hi%22.mp4'],
  ['50%.mp4', 'inline; filename="50_.mp4"; filename*=UTF-8\'\'50%25.mp4'],
  ['été 🎬*.mp4', 'inline; filename="_t_ _*.mp4"; filename*=UTF-8\'\'%C3%A9t%C3%A9%20%F0%9F%8E%AC%2A.mp4'],
  ['a\r\nSet-Cookie: x.mp4', 'inline; filename="aSet-Cookie: x.mp4"'],
  ['evil\u202e4pm.exe', 'inline; filename="evil4pm.exe"'],
  ['', 'inline; filename="video"'],
  ['..', 'inline; filename="video"'],
  ['dir/', 'inline; filename="video"'],
])('%j', (name, field) => {
  expect(inlineDisposition(name, 'video')).toBe(field)
})

it('makes a field of printable ASCII out of any name', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (name) => {
      expect(inlineDisposition(name, 'video')).toMatch(/^inline; filename="[ !#$&-[\]-~]+"(; filename\*=UTF-8''[\w!#$&+.^`|~%-]+)?$/)
    }),
  )
})

it('keeps the end of a long name, where the extension is', () => {
  expect(safeFileName(`${'x'.repeat(500)}.mp4`)).toMatch(/^x{146}\.mp4$/)
  expect(safeFileName('\ud800.mp4')).toBe('\ufffd.mp4')
})
