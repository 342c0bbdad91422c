/** The page: a mouse drags a card, a keyboard chooses its column. */
import { QueryClient, QueryClientProvider, useMutation, useQuery } from '@tanstack/react-query'
import { type DragEvent, StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { LiveProvider, useLiveStatus } from '../../src/index.ts'
import { added, type Change, cards, here, live, moved, putCard } from './live.ts'
import { type Card, COLUMNS } from './protocol.ts'

const ID = 'application/x-card'
const OPTIONS = COLUMNS.map((name) => <option key={name}>{name}</option>)
/** Moved by a keyboard: in its new column it is another element, which gets the focus. */
let movedId: string | undefined

function Board() {
  const { data = [], error } = useQuery(cards(here))
  const { status } = useLiveStatus(cards(here))
  const { mutate: put, error: putError } = useMutation(putCard(here))
  return (
    <main>
      <h1>{here.board}</h1>
      <p role="status">{(error ?? putError)?.message ?? status}</p>
      {COLUMNS.map((column) => (
        <section key={column} aria-label={column} {...dropTarget((id) => id && put(moved(id, column)))}>
          <h2>{column}</h2>
          <ul>{data.map((card) => card.column === column && <Item key={card.id} {...{ card, put }} />)}</ul>
          <form action={(form) => put(added(String(form.get('title')), column))}>
            <input name="title" aria-label={`New card in ${column}`} required maxLength={200} />
            <button type="submit">Add</button>
          </form>
        </section>
      ))}
    </main>
  )
}

/** What was dragged in from elsewhere has no id. */
const dropTarget = (onCard: (id: string) => unknown) => ({
  onDragOver: (event: DragEvent) => event.preventDefault(),
  onDrop: (event: DragEvent) => {
    event.preventDefault()
    onCard(event.dataTransfer.getData(ID))
  },
})

function Item({ card: { id, title, column }, put }: { card: Card; put: (change: Change) => void }) {
  const moveTo = (to = column) => {
    movedId = id
    put(moved(id, to))
  }
  return (
    <li draggable onDragStart={({ dataTransfer }) => dataTransfer.setData(ID, id)}>
      <button
        type="button"
        title="Rename"
        onClick={() => put({ id, title: prompt('Title', title) || title })}
      >
        {title}
      </button>
      <select
        aria-label={`Column of ${title}`}
        value={column}
        // biome-ignore lint/a11y/noAutofocus: the focus stays with the card
        autoFocus={id === movedId}
        onChange={({ target }) => moveTo(COLUMNS[target.selectedIndex])}
      >
        {OPTIONS}
      </select>
    </li>
  )
}

createRoot(document.getElementById('app') as HTMLElement).render(
  <StrictMode>
    <QueryClientProvider client={new QueryClient()}>
      <LiveProvider live={live}>
        <Board />
      </LiveProvider>
    </QueryClientProvider>
  </StrictMode>,
)
