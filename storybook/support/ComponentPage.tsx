/** The page of a component: what it is, the hooks that drive it, and all of its stories. */
import { Description, Source, Stories, Title, useOf } from '@storybook/addon-docs/blocks'

export function ComponentPage() {
  const { preparedMeta } = useOf('meta', ['meta'])
  const code: unknown = preparedMeta.parameters.docs?.source?.code
  return (
    <>
      <Title />
      <Description />
      {typeof code === 'string' && <Source code={code} language="tsx" />}
      <Stories />
    </>
  )
}
