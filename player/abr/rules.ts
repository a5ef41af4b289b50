/** The rules by name, for whoever lets a person choose one: a replay, the lab, the command line. */
import { bba0Rule, bba2Rule } from './bba.ts'
import { bolaRule } from './bola.ts'
import { bolaERule } from './bola-e.ts'
import { dynamicDashRule, dynamicRule } from './dynamic.ts'
import { l2aRule } from './l2a.ts'
import { mpcRule, robustMpcRule } from './mpc.ts'
import type { AbrRule } from './rule.ts'
import { throughputRule } from './throughput.ts'
import { throughputDashRule } from './throughput-dash.ts'

/** Every rule there is, the default first. */
export const RULES: readonly AbrRule[] = [
  throughputRule,
  throughputDashRule,
  bolaRule,
  bolaERule,
  dynamicRule,
  dynamicDashRule,
  bba0Rule,
  bba2Rule,
  mpcRule,
  robustMpcRule,
  l2aRule,
]

/** The rule of this name; null when there is none. */
export function ruleNamed(name: string): AbrRule | null {
  return RULES.find((rule) => rule.name === name) ?? null
}
