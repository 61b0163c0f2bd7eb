import { randomBytes, randomInt } from 'node:crypto'

const moods =
  `able amber ample balmy bold brave breezy bright brisk calm candid clever cosmic crisp curious daring deft eager
earnest easy fair fleet fond frank fresh gentle glad golden grand happy hardy honest jolly keen kind lively loyal lucid lucky
mellow merry mild modest neat nimble noble patient placid plucky polite proud quick quiet rapid ready robust serene sharp
silent smart snug solid spry steady stoic sunny swift tidy tranquil trusty upbeat vivid warm wise witty zesty`.split(
    /\s+/,
  )

const rocks =
  `agate amethyst andesite anthracite apatite azurite basalt bauxite beryl breccia calcite chalk chert cinnabar
citrine clay coral corundum diorite dolomite emerald feldspar flint fluorite gabbro galena garnet gneiss granite graphite
gypsum halite hematite jade jasper kaolin lapis lignite limestone loess magnetite malachite marble marl mica obsidian olivine
onyx opal pumice pyrite quartz rhyolite ruby sandstone sapphire schist shale siltstone slate talc topaz tuff turquoise
zircon`.split(/\s+/)

/** A container ID: 64 lower-case hex digits. */
export function newId(): string {
  return randomBytes(32).toString('hex')
}

/** A name such as `brisk_basalt` for a container that got none, with a digit behind it once names become scarce. */
export function randomName(taken: (name: string) => boolean): string {
  for (let attempt = 0; ; attempt++) {
    const base = `${moods[randomInt(moods.length)]}_${rocks[randomInt(rocks.length)]}`
    const name = attempt < 6 ? base : `${base}${randomInt(10 ** Math.min(9, attempt - 5))}`
    if (!taken(name)) return name
  }
}
