import { Suspense } from 'react'
import { Prices } from '../prices'

/** Nothing is fetched on the server: the shell is made when the application is built, and the browser fills it. */
export default function Page() {
  return (
    <main>
      <h1>Prices, from the browser</h1>
      <Suspense fallback={<p>Loading …</p>}>
        <Prices />
      </Suspense>
    </main>
  )
}
