export default {
  // Pages are prerendered but for what is of one request.
  cacheComponents: true,
  partialPrefetching: true,
  // This folder is the application, whatever lies above it.
  turbopack: { root: import.meta.dirname },
}
