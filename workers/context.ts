/** What every Hono app of the edge is parameterised with. */
export type App = { Bindings: Env }
