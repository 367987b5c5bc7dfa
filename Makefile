# Every command that people and CI use. `make help` lists them.
.DEFAULT_GOAL := help
.PHONY: help lua setup build start demo test check render bench soak kong-up kong-down test-contract test-kong format clean
RUN := scripts/run

help: ## this list
	@if [ -t 1 ] && [ -z "$$NO_COLOR" ]; then on='\033[36m' off='\033[0m'; fi; \
	awk -v on="$$on" -v off="$$off" -F ':.*## ' '/^[a-z-]+:.*## /{printf "  %s%-13s%s %s\n", on, $$1, off, $$2}' $(MAKEFILE_LIST)

setup: ## install what is missing (a newer Node if needed, npm packages)
	@scripts/setup.sh

lua: ## install what the tests of our Lua need (LuaJIT, luacheck)
	@scripts/setup-lua.sh

build: setup ## compile all parts
	@[ -d gateway/dist ] || echo 'compiling …' >&2
	@$(RUN) tsc -b

start: build ## run the whole stack embedded; Ctrl-C ends it
	@bin/gatehouse start

demo: build ## walk through each system with real requests
	@bin/gatehouse demo

test: build lua check ## everything that CI runs
	@scripts/jest --forceExit

check: build ## types, lint, tidy, drift of rendered files
	@$(RUN) biome check --error-on-warnings .
	@scripts/jest --selectProjects unit --testPathPatterns test/tidy --reporters default
	@bin/gatehouse render --check
	@if command -v luacheck >/dev/null; then cd kong/lua && luacheck -q .; fi

render: build ## write kong/kong.yml from .env.example
	@bin/gatehouse render --env-file .env.example --out kong/kong.yml

bench: build ## the embedded plane beside other gateways, one table
	@bench/run.sh

soak: build ## the long runs: full sizes of the tests
	@GATEHOUSE_SOAK=1 scripts/jest --selectProjects integration --testPathPatterns 'soak|chaos/reload'

kong-up: build ## Kong with our plugins, Redis and mocks in Docker (TRANSPORT=pdk|direct)
	@mkdir -p .run && $(RUN) node scripts/kong-env.mjs > .run/kong.env
	@bin/gatehouse render --transport $(or $(TRANSPORT),pdk) --out .run/kong.yml
	@scripts/compose up --build --detach
	@scripts/compose-ready kong

kong-down: ## end what kong-up started
	@scripts/compose down --volumes

test-contract: build ## contract and conformance cases; with hostile clients on a real Kong with KONG_URL=… KONG_ADMIN=… KONG_FORM=fused|single|direct
	@scripts/jest $(if $(KONG_URL),-i) --selectProjects contract conformance $(if $(KONG_URL),kong)

test-kong: build ## what must hold when a real Kong breaks, what it costs, memory: starts the Kong that KONG_BIN names (GATEHOUSE_SOAK=1: full size)
	@KONG_BIN=$(or $(KONG_BIN),kong) scripts/jest -i --selectProjects kong-process

format: setup ## write formatting and safe lint fixes
	@$(RUN) biome check --write .

clean: ## remove what was built
	@rm -rf packages/*/dist gateway/dist plugins/dist bench/dist
