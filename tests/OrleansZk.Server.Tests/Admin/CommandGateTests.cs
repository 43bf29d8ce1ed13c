using Microsoft.Extensions.Time.Testing;
using OrleansZk.Server.Admin;

namespace OrleansZk.Server.Tests.Admin;

/// <summary>Long answers are made one at a time, and slowly.</summary>
public sealed class CommandGateTests : IDisposable
{
    private readonly FakeTimeProvider _clock = new();
    private readonly CommandGate _gate;

    public CommandGateTests() => _gate = new CommandGate(_clock);

    [Fact]
    public async Task The_next_turn_begins_when_one_ends()
    {
        CommandTurn first = (await _gate.EnterAsync()).ShouldNotBeNull();
        Task<CommandTurn?> second = _gate.EnterAsync().AsTask();
        second.IsCompleted.ShouldBeFalse();

        first.Dispose();

        (await second).ShouldNotBeNull().Dispose();
    }

    [Fact]
    public async Task Who_waits_for_too_long_is_told_so()
    {
        using CommandTurn first = (await _gate.EnterAsync()).ShouldNotBeNull();
        Task<CommandTurn?> second = _gate.EnterAsync().AsTask();

        _clock.Advance(CommandGate.MaxWait);

        (await second).ShouldBeNull();
    }

    [Fact]
    public async Task No_more_wait_than_may()
    {
        CommandTurn first = (await _gate.EnterAsync()).ShouldNotBeNull();
        Task<CommandTurn?>[] waiting = [.. Enumerable.Range(0, CommandGate.MaxWaiting).Select(_ => _gate.EnterAsync().AsTask())];
        (await _gate.EnterAsync()).ShouldBeNull();

        first.Dispose();
        foreach (Task<CommandTurn?> turn in waiting)
        {
            (await turn).ShouldNotBeNull().Dispose();
        }
    }

    [Fact]
    public async Task A_turn_rests_when_it_has_worked_for_a_while()
    {
        using CommandTurn turn = (await _gate.EnterAsync()).ShouldNotBeNull();
        for (int i = 0; i < 3; i++)
        {
            Task goesOn = turn.GiveWayAsync().AsTask();
            goesOn.IsCompleted.ShouldBeTrue();
            _clock.Advance(CommandGate.Work);
            Task rest = turn.GiveWayAsync().AsTask();
            rest.IsCompleted.ShouldBeFalse();
            _clock.Advance(CommandGate.Rest);
            await rest;
        }
    }

    public void Dispose() => _gate.Dispose();
}
