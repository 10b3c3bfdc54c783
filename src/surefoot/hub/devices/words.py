"""Plain words that are easy to read out and to type: 256 qualities and 256 things."""

_QUALITIES = """
airy ample apt azure black blithe blond blue bold brave brief brisk broad bronze brown busy calm
candid careful central certain cheery clean clear clever cloudy coastal cold comfy cool copper
cosy crimson crisp curly daily dainty dapper daring dark dear deep dense dewy direct distant
double downy dry dusty early earnest east easy elder elegant equal even exact extra faint famous
far fast few final fine firm first fond formal frank free fresh frosty full funny fuzzy giant glad
gleaming glossy golden good grand grateful great green grey handy hardy harvest high hollow homely
honest hot humble icy ideal indigo inland inner ivory jolly joyful keen late lavish lean level
light likely lilac linen little lively local lofty long loud lucky lunar magic main maroon mellow
merry middle mighty mild minor minty misty modest morning narrow native natural near neat new
nimble noble north novel olive open orange outer pale paper patient peaceful pearly perfect pink
plain pleasant plucky polite proper proud pure quaint quick quiet rare ready real red rich ripe
robust rocky rosy round royal ruby rustic sandy scarlet secure serene sharp shiny short silent
silken silver simple sleepy slender slim slow small smart smooth snowy snug sober soft solar solid
sonic south spare square starry steady steep stern still stout strong sturdy subtle sudden summer
sunny super swift tall tame tender thick thin third tidy tiny tranquil true trusty twin upper
upright useful vast violet vital vivid watchful wavy west whole wide wild willing windy winter
wise wooden woolly yellow young zesty
"""
_THINGS = """
alder alpaca anchor antler apple arch ash aspen atlas bamboo banjo barley barn basil bay beaver
beech bell berry birch bison bonnet book bottle boulder bowl branch bread breeze brick bridge
brook broom bucket buckle bugle butter button cabin cactus canal canoe canyon carrot castle cedar
cello cherry chestnut cinder citrus clarinet cliff cloak clock clover comet compass corn cottage
cotton cove crane crocus crow cushion daisy dale dawn deer delta desert dingo dolphin donkey door
dove drum duck dune eagle easel elk elm ember falcon feather fern ferry fiddle field fig finch fir
fjord flame flask flint flute foal forest fossil fountain garlic gate geyser ginger glacier glade
goat goose gorge gravel grove hammer harp hawk hazel hedge heron horn iris ivy jacket jay jewel
jungle juniper kayak key kite koala ladder lagoon lake lamb lamp lark laurel lava lemon lentil
lion lizard llama lobster lodge lotus lynx magnet mantle marigold melon mesa meteor mint mirror
mitten moat mole moon moose moss mule myrtle nest nutmeg oak oasis oat onion orbit orchard orchid
osprey otter oyster paddle palm panda pansy parcel parrot parsley path peach pear pelican pencil
pepper pigeon pillow pine planet poplar prairie prism puffin pumpkin quail quarry quartz quilt
rabbit radish raft rain raven reed reef ribbon river rose rudder salmon sapling satchel saturn
scarf seal shovel sky spoon squirrel star stork stream sun swallow swan table thistle thrush thyme
tiger timber toast trout trumpet tundra turnip turtle vase village viola wagon walrus water wave
wheat wheel wing wombat wren yarn zephyr
"""

QUALITIES = tuple(_QUALITIES.split())
THINGS = tuple(_THINGS.split())
