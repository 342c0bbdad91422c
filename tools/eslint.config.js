// Every rule of eslint-plugin-react-hooks, those of the React Compiler among them. All other rules are Biome's.
import parser from '@typescript-eslint/parser'
import reactHooks from 'eslint-plugin-react-hooks'

const names = Object.keys(reactHooks.rules)

export default [
  // What Next.js has built.
  { ignores: ['**/.next/**'] },
  {
    files: ['**/*.{ts,tsx}'],
    languageOptions: { parser },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    plugins: { 'react-hooks': reactHooks },
    rules: Object.fromEntries(names.map((name) => [`react-hooks/${name}`, 'error'])),
  },
]
