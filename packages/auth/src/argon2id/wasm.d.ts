// What a bundler makes of an imported WebAssembly file: a compiled module.
declare module '*.wasm' {
  const module: WebAssembly.Module;
  export default module;
}
