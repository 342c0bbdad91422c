import { createElement } from 'react'
import { addons, types } from 'storybook/manager-api'
import { NetworkPanel } from '../storybook/network/NetworkPanel.tsx'
import { NetworkTool } from '../storybook/network/NetworkTool.tsx'

addons.register('querywire/network', () => {
  addons.add('querywire/network/panel', {
    type: types.PANEL,
    title: 'Network',
    render: ({ active }) => (active ? createElement(NetworkPanel) : null),
  })
  addons.add('querywire/network/tool', {
    type: types.TOOL,
    title: 'Network',
    match: ({ viewMode, tabId }) => viewMode === 'story' && !tabId,
    render: () => createElement(NetworkTool),
  })
})
