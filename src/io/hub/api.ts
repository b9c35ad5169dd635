/**
 * What is used of the package that speaks to the hub's API, in a file of its own: pages get the
 * package's form for pages by `browser` in package.json, which not every bundler finds in it.
 */
export {
  createRepo,
  datasetInfo,
  listFiles,
  modelInfo,
  pathsInfo,
  spaceInfo,
  uploadFiles,
} from '@huggingface/hub';
