import { expect, it } from 'vitest'
import { networkOf, networkQuery } from './shaping.ts'

it.each([
  ['?rate=800', 'rate=800'],
  ['?video=x&rate=0', 'rate=0'],
  ['?trace=commuter_train', 'trace=commuter_train&seed=1'],
  ['?trace=lte&seed=7&rate=5', 'trace=lte&seed=7'],
])('%s', (search, query) => {
  const network = networkOf(search)
  expect(network === null ? null : networkQuery(network)).toBe(query)
  expect(networkOf(`?${query}`)).toEqual(network)
})

it.each(['', '?rate=', '?rate=fast', '?rate=-3', '?trace=tram', '?trace=constructor'])('understands nothing in %s', (search) => {
  expect(networkOf(search)).toBeNull()
})
