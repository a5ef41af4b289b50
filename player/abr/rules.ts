/** The rules by name, for whoever lets a person choose one: a replay, the lab, the command line. */
import type { AbrRule } from './rule.ts'
import { throughputRule } from './throughput.ts'

/** Every rule there is, the default first. */
export const RULES: readonly AbrRule[] = [throughputRule]

/** The rule of this name; null when there is none. */
export function ruleNamed(name: string): AbrRule | null {
  return RULES.find((rule) => rule.name === name) ?? null
}
