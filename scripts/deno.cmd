@echo off
rem Runs the pinned Deno on Windows: the one on the PATH when it has the right version,
rem else the one that npm brings. Nothing has to be installed but Node.
setlocal enabledelayedexpansion
set "version=2.6.8"
if not defined DENO_TLS_CA_STORE set "DENO_TLS_CA_STORE=system,mozilla"
if not defined DENO_NO_UPDATE_CHECK set "DENO_NO_UPDATE_CHECK=1"
deno --version 2>nul | findstr /b /c:"deno %version% " >nul
if not errorlevel 1 (
  deno %*
  exit /b !errorlevel!
)
set "cache=%LOCALAPPDATA%\support-bundle\deno-%version%"
if not exist "%cache%\node_modules\deno\package.json" (
  where npm >nul 2>nul
  if errorlevel 1 (
    echo scripts\deno: Deno %version% is not on the PATH, and npm, which would fetch it, is not either. 1>&2
    echo Install Node.js ^(https://nodejs.org^) or Deno %version%, then run this again. 1>&2
    exit /b 1
  )
  echo Fetching Deno %version% through npm ^(once^) ... 1>&2
  call npm install --prefix "%cache%" --no-save --no-audit --no-fund --ignore-scripts --loglevel=error deno@%version% 1>&2
  if errorlevel 1 exit /b 1
)
for /r "%cache%\node_modules\@deno" %%f in (deno.exe) do if exist "%%f" set "binary=%%f"
if not defined binary (
  echo scripts\deno: the npm package deno@%version% has no binary for this machine. 1>&2
  exit /b 1
)
for %%d in ("%binary%") do set "PATH=%%~dpd;%PATH%"
"%binary%" %*
exit /b %errorlevel%
