# Needs Python, make and git; uv is used if it is there and put into .tools/ otherwise.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
UV := $(or $(shell command -v uv 2>/dev/null),.tools/uv/bin/uv)
RUN := $(UV) run --no-sync
CHECKED := services shared deploy

.PHONY: help setup check format lint types imports contracts test bench bench-floor bench-ledger \
  bench-deadlines bench-burst bench-desk bench-memory bench-console bench-projection bench-watching bench-rebuild simulate faults demo up down status clean

help:  ## 列出全部目标 / list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.tools/uv/bin/uv:
	@echo "安装 uv 到 .tools / installing uv into .tools"
	@$(PYTHON) -m pip install --quiet --target .tools/uv uv \
	  || { $(PYTHON) -m venv --clear .tools/uv && .tools/uv/bin/python -m pip install --quiet uv; }

setup: $(filter .tools/%,$(UV))  ## 安装依赖 / install what the project needs
	@$(UV) sync --quiet

check: format lint types imports contracts test  ## 全部检查 / everything CI runs

format: setup  ## 检查代码格式 / check the formatting
	@echo "== format"; $(RUN) ruff format --check .

lint: setup  ## 检查代码规范 / lint
	@echo "== lint"; $(RUN) ruff check .

types: setup  ## 检查类型 / check types
	@echo "== types"; $(RUN) mypy

imports: setup  ## 检查引用规则 / check who imports whom
	@echo "== imports"; $(RUN) lint-imports

contracts: setup  ## 检查消息约定 / check schemas, examples, compatibility
	@echo "== contracts"; $(RUN) python -m shared.contracts.build --check

test: setup  ## 运行全部测试 / run all tests
	@echo "== test"; $(RUN) pytest -n 2 --dist loadgroup --no-loadscope-reorder

simulate: setup  ## 模拟全系统 / simulate the whole system; SEEDS=n, SEED=k replays one
	@$(RUN) python -m tests.flow.simulate $(or $(SEEDS),1000) $(if $(SEED),--seed $(SEED))

faults: setup  ## 真实环境故障演练 / kill the running stack at random; MINUTES=m KILLS=n SEED=k
	@$(RUN) python -m tests.faults.run --minutes $(or $(MINUTES),2) --kills $(or $(KILLS),30) $(if $(SEED),--seed $(SEED))

bench: setup  ## 性能测量 / measure whole lifecycles; CASES=n CORES=0,1 PRELOAD=n
	@$(RUN) python -m tests.bench.lifecycles

bench-floor: setup  ## 与裸循环对比 / the same beside a bare loop on the same cores
	@$(RUN) python -m tests.bench.floor

bench-console: setup  ## 一百万件时的查询 / the console's questions at a million cases; CASES=n CORES=0,1
	@$(RUN) python -m tests.bench.read_model

bench-projection: setup  ## 读模型每件多少 / what a lifecycle costs the read model, by part; TOLD=n CASES=n TAKEN=n
	@$(RUN) python -m tests.bench.projection

bench-watching: setup  ## 五十人同看 / watching cockpits while cases come; WATCHERS=n CASES_A_SECOND=r SECONDS=s
	@$(RUN) python -m tests.bench.watching

bench-rebuild: setup  ## 重建读模型 / the read model made anew; FACTS=n CORES=0,1
	@$(RUN) python -m tests.bench.rebuild

bench-ledger: setup  ## 台账校验速度 / how fast ledgers are verified; RECORDS=n
	@$(RUN) python -m tests.bench.ledger

bench-deadlines: setup  ## 时限触发迟多少 / how late deadlines fire; ARMED=n DUE=n SECONDS=s
	@$(RUN) python -m tests.bench.deadlines

bench-burst: setup  ## 高峰十倍 / ten times the peak for a minute; PEAK=r TIMES=n SECONDS=s
	@$(RUN) python -m tests.bench.burst

bench-desk: setup  ## 柜台用时 / a desk command alone and behind an import; COMMANDS=n IMPORT=n
	@$(RUN) python -m tests.bench.desk

bench-memory: setup  ## 内存随时间 / memory of the services over time; MINUTES=n RATE=r
	@$(RUN) python -m tests.bench.memory

demo: setup  ## 演示一周 / show a simulated week; DEMO_EXIT=1 ends there
	@$(RUN) sidan demo

up: setup  ## 启动 / start the stack in the background
	@$(RUN) sidan up --detach

down: setup  ## 停止 / stop the stack
	@$(RUN) sidan down --all

status: setup  ## 状况 / show how the stack is
	@$(RUN) sidan status

clean:  ## 停止并删除数据 / stop everything and remove its data
	@if [ -d .sidan ]; then $(RUN) sidan down --all --erase; rm -rf .sidan; fi
