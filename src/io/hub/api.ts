/**
 * The part of the hub's API package that is used, in a separate file: pages get the package's
 * browser version through `browser` in package.json, which not every bundler finds in the package
 * itself.
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
