// The pages in the order in which they are read. Paths are those of the repository.
const learn = (folder, names) => names.map((name) => `docs/learn/${folder}/${name}.md`)

export const CHAPTERS = [
  { title: 'Start', pages: learn('start', ['vite', 'chat', 'next']) },
  { title: 'How it works', pages: learn('concepts', ['levels', 'continuity', 'fold', 'outbox']) },
  {
    title: 'Guides',
    pages: [
      ...learn('guides', [
        'definitions',
        'sign-in',
        'reconnecting',
        'rooms',
        'history',
        'read-state',
        'files',
        'offline',
      ]),
      ...learn('guides', ['server-rendering', 'testing', 'storybook', 'devtools']),
      'docs/entities.md',
      'docs/security.md',
      'docs/tabs.md',
      'docs/scale.md',
      'docs/mistakes.md',
    ],
  },
  { title: 'Coming from', pages: learn('migrating', ['zustand', 'set-query-data', 'socket-io', 'trpc']) },
  {
    title: 'Your back end',
    pages: [
      'docs/server.md',
      ...learn('back-ends', ['django', 'any-other']),
      'docs/check.md',
      'docs/PROTOCOL.md',
      'integrations/django/README.md',
    ],
  },
  { title: 'Recipes', pages: learn('recipes', ['notifications', 'dashboard', 'board', 'ai-chat']) },
  { title: 'Which library', pages: ['docs/learn/comparison.md', 'bench/README.md', 'bench/results.md'] },
  {
    title: 'What holds',
    pages: ['docs/reliability.md', 'docs/SPEC.md', 'docs/ARCHITECTURE.md', 'docs/exports.md', 'README.md'],
  },
  { title: 'Releases', pages: ['docs/versions.md', 'CHANGELOG.md', 'SECURITY.md', 'CONTRIBUTING.md'] },
]

/** The entries of the package, and what their pages are called by typedoc. */
export const ENTRIES = [
  'query',
  'chat',
  'transport',
  'server',
  'testing',
  'check',
  'outbox',
  'tabs',
  'devtools',
  'index',
]

export const entryName = (entry) => (entry === 'index' ? 'querywire' : `querywire/${entry}`)
