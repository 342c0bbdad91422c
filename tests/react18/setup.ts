/**
 * One React 18 for everybody. The alias in `vitest.config.ts` reaches the tests and the sources, this the packages that
 * Node loads by itself: react-dom, zustand, TanStack Query, Testing Library.
 */
import { registerHooks } from 'node:module'

registerHooks({
  resolve: (specifier, context, next) =>
    next(specifier.replace(/^(react|react-dom)(?=$|\/)/, '$1-18'), context),
})
