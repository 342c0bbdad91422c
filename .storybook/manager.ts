import { createElement } from 'react'
import { addons, types } from 'storybook/manager-api'
import { NetworkPanel } from '../storybook/network/NetworkPanel.tsx'

addons.register('querywire/network', () => {
  addons.add('querywire/network/panel', {
    type: types.PANEL,
    title: 'Network',
    render: ({ active }) => (active ? createElement(NetworkPanel) : null),
  })
})
