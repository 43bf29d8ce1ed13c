using Microsoft.Extensions.Time.Testing;
using OrleansZk.Core.Diagnostics;

namespace OrleansZk.Unit.Diagnostics;

public sealed class RecurringProblemTests
{
    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public void It_is_said_once_then_at_intervals_with_a_count()
    {
        var problem = new RecurringProblem(_clock, TimeSpan.FromSeconds(30));
        var said = new List<long>();
        for (int second = 0; second < 100; second++)
        {
            if (problem.IsDue(out long times))
            {
                said.Add(times);
            }

            _clock.Advance(TimeSpan.FromSeconds(1));
        }

        said.ShouldBe([1, 31, 61, 91]);
    }

    [Fact]
    public void After_a_success_the_next_failure_is_a_first_one()
    {
        var problem = new RecurringProblem(_clock);
        problem.HasEnded(out _).ShouldBeFalse();
        problem.IsDue(out _).ShouldBeTrue();
        problem.IsDue(out _).ShouldBeFalse();
        problem.HasEnded(out long times).ShouldBeTrue();
        times.ShouldBe(2);
        problem.HasEnded(out _).ShouldBeFalse();
        problem.IsDue(out times).ShouldBeTrue();
        times.ShouldBe(1);
    }
}
